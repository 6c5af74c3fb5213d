// The help pages, as oclif writes them; without escape sequences where no terminal shows them.
import type { Config } from '@oclif/core/config'
import { Help } from '@oclif/core/help'
import { stdout } from '../terminal/output.ts'

export class HelpPages extends Help {
  constructor(config: Config) {
    super(config, { stripAnsi: !stdout.isTTY })
  }
}
