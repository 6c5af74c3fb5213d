// Logs what each backend offers when it is up, and one line when the proxy is ready.
import type { Ports } from '../../base/ports.ts'
import type { RunningServer } from '../../server/http/serve.ts'

type Watched = Pick<RunningServer, 'generation' | 'ready' | 'telemetry'>

interface Options {
  readonly clock: Ports['clock']
  /** Ends the waiting. */
  readonly ended: AbortSignal
  /** Whether backends are asked for their tools: a person reads the log. */
  readonly asksForTools: boolean
}

const lookMs = 100

const plural = (count: number, word: string): string =>
  `${String(count)} ${word}${count === 1 ? '' : 's'}`

/** Resolves when the proxy is ready, or at its end. */
export const announceReady = async (
  running: Watched,
  { clock, ended, asksForTools }: Options,
): Promise<void> => {
  const { log } = running.telemetry
  const begun = clock.now()
  // A reload may have replaced it since.
  const backendsNow = () => running.generation.backends
  const asked = new Map<string, Promise<number | undefined>>()
  const askOnceUp = (): void => {
    if (!asksForTools) return
    for (const { name, health } of backendsNow()) {
      if (health.state !== 'up' || asked.has(name)) continue
      const counted = running.generation.countTools(name)
      asked.set(name, counted)
      void counted.then((tools) => {
        if (tools === undefined || ended.aborted) return
        log.info({ backend: name, tools, took_ms: clock.now() - begun }, 'tools are listed')
      })
    }
  }
  try {
    while (
      !running.ready().ready ||
      backendsNow().some(({ health }) => health.state === 'starting')
    ) {
      askOnceUp()
      await clock.sleep(lookMs, ended)
    }
    askOnceUp()
  } catch {
    // The end came first.
    return
  }
  const counts = await Promise.all(asked.values())
  if (ended.aborted) return
  const backends = backendsNow()
  const up = backends.filter(({ health }) => health.state === 'up').length
  const tools = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
  const offered = asksForTools ? `${plural(tools, 'tool')} of ` : ''
  const all =
    up === backends.length
      ? plural(up, 'backend')
      : `${String(up)} of ${plural(backends.length, 'backend')}`
  log.info(
    {
      event: 'ready',
      backends: backends.length,
      up,
      ...(asksForTools ? { tools } : {}),
      took_ms: clock.now() - begun,
    },
    `ready: ${offered}${all}`,
  )
}
