// What the guided mode does for a new proxy: init, and what is done with its file.
import { existsSync } from 'node:fs'
import { exitCodes } from '../command/exit-codes.ts'
import { back, take, type Guide, type Next } from './guide-step.ts'

export const newProxy = async (guide: Guide): Promise<Next> => {
  const code = await take(guide, { args: ['init'] })
  if (code !== exitCodes.accepted || !existsSync('proxy.toml')) return 'done'
  const next = (): Promise<Next> =>
    guide.asker.choose<Next>('Next step?', [
      ...(guide.has('doctor')
        ? [
            {
              name: 'Check that the issuer and the backends answer',
              value: () => then('doctor', '--config', 'proxy.toml'),
            },
          ]
        : []),
      {
        name: 'Check the file with the environment variables set here',
        value: () => then('serve', '--check'),
      },
      { name: 'Serve (Ctrl-C to stop)', value: () => then('serve') },
      back,
    ])
  const then = async (...args: string[]): Promise<Next> => {
    await take(guide, { args })
    return next
  }
  return next
}
