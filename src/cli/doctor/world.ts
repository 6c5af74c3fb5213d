// What the sections of the doctor look at together: the configuration, what serve would build of it, and what several of them ask for once.
import type { LookAtCertificate } from '../../net/peer-certificate.ts'
import type { Ports } from '../../base/ports.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { Generation } from '../../proxy/generation/generation.ts'
import type { SeenHead } from '../../net/interceptors/recorded-http.ts'
import type { ReportSection } from './section.ts'
import type { ExaminedBackend } from './backend-examination.ts'
import type { ExaminedIssuer } from './issuer-examination.ts'

export interface DoctorContext {
  readonly loaded: LoadedConfig
  readonly env: NodeJS.ProcessEnv
  /** As serve would assemble it; never started as a whole. */
  readonly generation: Generation
  readonly ports: Ports
  readonly lookAtCertificate: LookAtCertificate
  /** Aborts when the time is over or the person has had enough. */
  readonly signal: AbortSignal
  /** Whether endpoints may be asked what their owner may take for an attack. */
  readonly probes: boolean
  /** Every answer that came so far. */
  readonly heads: readonly SeenHead[]
  /** Asked at the first call; everybody gets the same answer. */
  readonly listener: () => Promise<ReportSection>
  readonly issuers: () => Promise<readonly ExaminedIssuer[]>
  readonly backends: () => Promise<readonly ExaminedBackend[]>
  /** When no child of ours starts any more: for what measures time. Starts nothing itself. */
  readonly calm: () => Promise<unknown>
}
