// Which configuration a command works on, where it cannot work without one.
import { string } from '@oclif/core/flags'

export const configFlag = {
  config: string({
    char: 'c',
    description: 'the configuration: TOML, YAML or JSON',
    helpValue: '<file>',
    default: 'proxy.toml',
  }),
}
