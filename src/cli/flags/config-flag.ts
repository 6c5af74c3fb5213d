// Which configuration a command works on, where it cannot work without one.
import { string } from '@oclif/core/flags'

/** For every command that reads a configuration: its placeholders are filled from the environment. */
export const envFileFlag = {
  'env-file': string({
    description:
      'variables for ${NAME} in the configuration; those of the environment take precedence',
    helpValue: '<file>',
  }),
}

/** For commands that speak of one endpoint of the proxy. */
export const endpointFlag = {
  endpoint: string({
    description: 'the endpoint of this profile, /mcp/<profile>, instead of /mcp',
    helpValue: '<profile>',
  }),
}

export const configFlag = {
  config: string({
    char: 'c',
    description: 'the configuration: TOML, YAML or JSON',
    helpValue: '<file>',
    default: 'proxy.toml',
  }),
  ...envFileFlag,
}
