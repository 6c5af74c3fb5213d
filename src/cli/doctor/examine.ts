// All sections at once, as far as they do not wait for each other; what several need is asked for once.
import type { LookAtCertificate } from '../../net/peer-certificate.ts'
import type { Ports } from '../../base/ports.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { assemble } from '../../proxy/generation/generation.ts'
import { recorded, type Attempt, type SeenHead } from '../../net/interceptors/recorded-http.ts'
import { childLines } from '../backend/child-lines.ts'
import { examineBackends } from './backend-examination.ts'
import { backends } from './backends.ts'
import { clock } from './clock.ts'
import { configuration } from './configuration.ts'
import { decisions } from './decisions.ts'
import { environment } from './environment.ts'
import { introspection, tokens } from './introspection.ts'
import { examineIssuer, issuerSettings } from './issuer-examination.ts'
import { discovery, keySets } from './issuers.ts'
import { limits } from './limits.ts'
import { listener } from './listener.ts'
import { names } from './names.ts'
import { network } from './network.ts'
import { publicFace } from './public-face.ts'
import { references } from './references.ts'
import { sectionNames, type ReportSection, type SectionName } from './section.ts'
import type { DoctorContext } from './world.ts'

type Look = (
  world: DoctorContext,
) => ReportSection | readonly ReportSection[] | Promise<ReportSection | readonly ReportSection[]>

const looks: Readonly<Record<Exclude<SectionName, 'clock'>, Look>> = {
  config: configuration,
  environment,
  listen: (world) => world.listener(),
  network,
  discovery,
  keys: keySets,
  introspection,
  tokens,
  limits,
  decisions,
  public: publicFace,
  backends,
  names,
  references,
}

export interface Examination {
  readonly loaded: LoadedConfig
  readonly env: NodeJS.ProcessEnv
  /** Those of a `serve` in this place. */
  readonly ports: Ports
  /** Around the requests to issuers and to the public address: backends have addresses that may contain secrets. */
  readonly around: (ports: Ports) => Ports
  readonly lookAtCertificate: LookAtCertificate
  readonly wanted: readonly SectionName[]
  readonly probes: boolean
  readonly signal: AbortSignal
  /** What is being waited for, each time it changes. */
  readonly waitingFor: (names: readonly string[]) => void
}

export interface Examined {
  /** In the order of the report. */
  readonly sections: readonly ReportSection[]
  /** Requests to issuers and to the public address; backends have addresses that may hold secrets. */
  readonly attempts: readonly Attempt[]
}

const once = <Value>(make: () => Promise<Value>): (() => Promise<Value>) => {
  let made: Promise<Value> | undefined
  return () => (made ??= make())
}

/** These wait for the backends, which are named one by one. */
const behindBackends: readonly string[] = ['backends', 'names', 'references']

/** Says what is not done yet, whoever adds or ends something. */
const waitingList = (tell: Examination['waitingFor']) => {
  const open = new Set<string>()
  return {
    add: (names: readonly string[]) => {
      for (const name of names) if (!behindBackends.includes(name)) open.add(name)
      tell([...open])
    },
    done: (name: string) => {
      open.delete(name)
      tell([...open])
    },
  }
}

/** A UsageError where the configuration cannot be assembled; whatever was opened is closed in any case. */
export const examineEverything = async (examination: Examination): Promise<Examined> => {
  const { loaded, env, wanted, probes, signal, lookAtCertificate } = examination
  const { config } = loaded
  const heads: SeenHead[] = []
  const note = (head: SeenHead) => heads.push(head)
  const { ports: system } = examination
  const { ports, attempts } = recorded(examination.around(system), note)
  const children = childLines(recorded(system, note).ports)
  const generation = await assemble(config, children.ports)
  const waiting = waitingList(examination.waitingFor)
  const listening = once(() => listener({ loaded, ports, signal }))
  let started: ReturnType<typeof examineBackends> | undefined
  const world: DoctorContext = {
    loaded,
    env,
    generation,
    ports,
    lookAtCertificate,
    signal,
    probes,
    heads,
    listener: listening,
    issuers: once(() =>
      Promise.all(
        issuerSettings(config.auth).map((settings) => examineIssuer(settings, ports, signal)),
      ),
    ),
    calm: async () => {
      await started
    },
    backends: once(() => {
      waiting.add(config.backends.map(({ name }) => name))
      started = examineBackends({
        configs: config.backends,
        backends: generation.backends,
        said: children.of,
        ports: children.ports,
        signal,
        done: waiting.done,
      })
      return started
    }),
  }
  const found = new Map<SectionName, readonly ReportSection[]>()
  const take = async (name: SectionName, look: Look): Promise<void> => {
    waiting.add([name])
    const seen = await look(world)
    found.set(name, 'section' in seen ? [seen] : seen)
    waiting.done(name)
  }
  try {
    const asked = wanted.flatMap((name) => (name === 'clock' ? [] : [take(name, looks[name])]))
    const ends = await Promise.allSettled(asked)
    const thrown = ends.find((end) => end.status === 'rejected')
    if (thrown !== undefined) throw thrown.reason
    if (wanted.includes('clock')) {
      // The time is read from the answers that others got; alone it has to see to some.
      await world.issuers()
      await take('clock', clock)
    }
  } finally {
    await generation.close()
  }
  return { sections: sectionNames.flatMap((name) => found.get(name) ?? []), attempts }
}
