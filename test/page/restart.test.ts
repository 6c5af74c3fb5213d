// The live page in a real browser, whose proxy is started again while it is open.
import { connect, createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { openBrowser, openLivePage, pageFile, skipsPage } from '../support/live-page.ts'
import { startTestProxy, type TestProxy } from '../support/proxy.ts'
import { scriptedBackend } from '../support/scripted-backend.ts'

/** One address before proxies on ports of their own: a test proxy cannot choose its port. */
const startDoor = async () => {
  let port = 0
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far)
    far.pipe(near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    leadTo: (proxy: TestProxy) => {
      port = Number(new URL(proxy.origin).port)
    },
    close: () => server.close(),
  }
}

const startWith = async (...refused: readonly string[]): Promise<TestProxy> => {
  const backend = scriptedBackend('a', { 'tools/list': { tools: [{ name: 't' }] } })
  const proxy = await startTestProxy([backend], { page: pageFile })
  for (const name of refused) await proxy.modern('tools/call', { name: `a__${name}` })
  return proxy
}

test.skipIf(skipsPage)(
  'a restarted proxy: the page says so, and shows all that the new process decided before it was back',
  async () => {
    const door = await startDoor()
    const browser = await openBrowser()
    const first = await startWith('old1', 'old2')
    let second: TestProxy | undefined
    try {
      door.leadTo(first)
      const { page } = await openLivePage(browser, door.origin)
      const rowsOf = (name: string) => page.getByRole('row').filter({ hasText: name })
      await page.getByRole('status').getByText('live', { exact: true }).waitFor()
      await rowsOf('old2').waitFor()
      // More decisions than the old process made: its last number stands for another decision here.
      second = await startWith('new1', 'new2', 'new3')
      door.leadTo(second)
      await first.close({ force: true })
      await rowsOf('new3').waitFor()
      for (const name of ['old1', 'old2', 'new1', 'new2', 'new3']) {
        expect(await rowsOf(name).count()).toBe(1)
      }
      await page.getByText('The proxy was started again').waitFor()
      expect(await page.getByText('did not keep them').count()).toBe(0)
    } finally {
      await browser.close()
      await first.close({ force: true })
      await second?.close({ force: true })
      door.close()
    }
  },
  60_000,
)
