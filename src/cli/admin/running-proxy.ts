// Where the running proxy is, and what opens its admin surface to us.
import { existsSync } from 'node:fs'
import { string } from '@oclif/core/flags'
import { Secret } from '../../base/secret.ts'
import { loadConfig } from '../../config/load.ts'
import { refusedUrl } from '../../net/exchange.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { ownOrigin } from '../../server/http/listen.ts'
import { notedAddress } from '../address/checked-address.ts'
import { envFileFlag } from '../flags/config-flag.ts'
import type { Narrator } from '../terminal/narrator.ts'

const usualConfig = 'proxy.toml'
const usualUrl = 'http://127.0.0.1:8080'
const tokenVariable = 'MCP_PROXY_ADMIN_TOKEN'

const group = { helpGroup: 'PROXY' } as const

export const runningProxyFlags = {
  proxy: string({
    description: `the address of the running proxy; its admin token comes from ${tokenVariable}`,
    helpValue: '<url>',
    exclusive: ['config'],
    ...group,
  }),
  config: string({
    char: 'c',
    description: `the configuration that the proxy was started with: its address and its admin token (default: ${usualConfig} if it exists, else ${usualUrl})`,
    helpValue: '<file>',
    ...group,
  }),
  ...envFileFlag,
}

export interface RunningProxyFlags {
  readonly proxy?: string | undefined
  readonly config?: string | undefined
  /** The flag of the address; default: --proxy. */
  readonly flag?: ProxyFlag | undefined
}

type ProxyFlag = '--proxy' | '--against'

export interface RunningProxy {
  /** Scheme, host and port. */
  readonly origin: string
  readonly token: Secret | undefined
  /** The flag that leads to another one. */
  readonly flag: ProxyFlag
}

const fromEnvironment = (env: Narrator['env']): Secret | undefined => {
  const value = env[tokenVariable]
  return value === undefined || value === '' ? undefined : new Secret(value)
}

/** Whatever way it is asked: the admin token is not sent where others on the network could read it. */
const requireSafeWay = (proxy: RunningProxy): RunningProxy => {
  if (refusedUrl(proxy.origin, false) === undefined) return proxy
  throw usageError(problemOf('usage-flag', 'proxy-insecure', { url: proxy.origin }))
}

const locate = async (
  { proxy, config, flag = '--proxy' }: RunningProxyFlags,
  { env, note }: Pick<Narrator, 'env' | 'note'>,
): Promise<RunningProxy> => {
  if (proxy !== undefined) {
    const { address } = notedAddress(proxy, { example: `${flag} http://127.0.0.1:8080` }, { note })
    return { origin: new URL(address).origin, token: fromEnvironment(env), flag }
  }
  if (config === undefined && !existsSync(usualConfig)) {
    return { origin: usualUrl, token: fromEnvironment(env), flag }
  }
  const { config: loaded } = await loadConfig(config ?? usualConfig, env)
  if (loaded.proxy.listen.port === 0) throw usageError(problemOf('usage-flag', 'proxy-port'))
  return {
    origin: ownOrigin(loaded, Date.now()),
    token: loaded.security.admin_token ?? fromEnvironment(env),
    flag,
  }
}

/** A UsageError where the flags name no proxy, or one that only plain http over a network leads to. */
export const findRunningProxy = async (
  flags: RunningProxyFlags,
  narrator: Pick<Narrator, 'env' | 'note'>,
): Promise<RunningProxy> => requireSafeWay(await locate(flags, narrator))
