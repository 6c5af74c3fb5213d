// Resources: text, bytes, a template, and one that can be subscribed to.
import { ResourceTemplate } from '@modelcontextprotocol/server'
import { pngPixel } from './samples.mjs'

const registerSubscriptions = (server) => {
  const watched = new Set()
  server.server.setRequestHandler('resources/subscribe', ({ params }) => {
    watched.add(params.uri)
    return {}
  })
  server.server.setRequestHandler('resources/unsubscribe', ({ params }) => {
    watched.delete(params.uri)
    return {}
  })
}

export const registerResources = (server, era) => {
  const fixed = (name, mimeType, content) =>
    server.registerResource(
      name,
      `test://${name}`,
      { description: `The resource ${name}`, mimeType },
      (uri) => ({ contents: [{ uri: uri.href, mimeType, ...content }] }),
    )
  fixed('static-text', 'text/plain', { text: 'This is the content of the static text resource.' })
  fixed('static-binary', 'image/png', { blob: pngPixel })
  fixed('watched-resource', 'text/plain', { text: 'Watch this.' })

  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'The datum of one id', mimeType: 'application/json' },
    (uri, { id }) => ({
      contents: [
        {
          uri: uri.href,
          mimeType: 'application/json',
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
        },
      ],
    }),
  )

  // Later revisions subscribe by subscriptions/listen, which the SDK answers itself.
  if (era === 'legacy') registerSubscriptions(server)
}
