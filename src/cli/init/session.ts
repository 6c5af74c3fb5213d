// What the parts of the wizard share: the flags, the conversation if there is one, and how a decision is made.
import type { ClientName } from '../../config/clients/places.ts'
import type { Asker } from '../terminal/ask.ts'
import type { Narrator } from '../terminal/narrator.ts'
import type { NetworkFlagValues } from '../flags/network-flags.ts'
import { answered, given, proposed, type Choice, type Proposal } from './choice.ts'
import type { OfferedMethod, Strategy } from './propose.ts'

export interface InitFlags extends NetworkFlagValues {
  readonly issuer?: string | undefined
  readonly 'no-auth'?: boolean | undefined
  readonly bearer?: string[] | undefined
  readonly strategy?: Strategy | undefined
  readonly 'client-id'?: string | undefined
  readonly 'client-auth'?: OfferedMethod | undefined
  readonly audience?: string[] | undefined
  readonly 'require-scope'?: string[] | undefined
  readonly 'allow-http'?: boolean | undefined
  readonly 'public-url'?: string | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly name?: string | undefined
  readonly backend?: string[] | undefined
  readonly from?: string | undefined
  readonly 'no-import'?: boolean | undefined
  readonly output: string
  readonly force?: boolean | undefined
  readonly print?: boolean | undefined
  readonly yes?: boolean | undefined
  readonly 'env-template'?: boolean | undefined
  readonly 'write-env'?: boolean | undefined
  readonly 'write-client'?: ClientName[] | undefined
  readonly 'undo-client'?: ClientName | undefined
  readonly timeout: number
}

export interface Wizard {
  readonly flags: InitFlags
  readonly narrator: Narrator
  /** Undefined: nobody is asked. */
  readonly asker: Asker | undefined
  readonly cwd: string
}

/** The flag if there is one, else the answer, else the proposal. */
export const decide = async <T>(
  { asker }: Wizard,
  flag: T | undefined,
  proposal: Proposal<T>,
  ask: (asker: Asker) => Promise<T>,
): Promise<Choice<T>> => {
  if (flag !== undefined) return given(flag)
  return asker === undefined ? proposed(proposal) : answered(await ask(asker), proposal)
}
