// How long the binary takes from start to exit, as a multiple of `node -e 0`: medians of interleaved runs.
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const rounds = Number(process.argv[2] ?? 21)
const binary = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'run.cjs')
const folder = mkdtempSync(join(tmpdir(), 'mcp-proxy-startup-'))

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

const writeToken = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' }
  const now = Math.floor(Date.now() / 1000)
  const header = base64url({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' })
  const claims = base64url({
    iss: 'https://id.example',
    aud: 'bench',
    sub: 'someone',
    client_id: 'bench',
    iat: now,
    exp: now + 3600,
    jti: '1',
  })
  const signature = sign('sha256', Buffer.from(`${header}.${claims}`), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  })
  writeFileSync(join(folder, 'jwks.json'), JSON.stringify({ keys: [jwk] }))
  writeFileSync(join(folder, 'token'), `${header}.${claims}.${signature.toString('base64url')}`, {
    mode: 0o600,
  })
}

writeToken()
const validate = [
  binary,
  'validate',
  `@${join(folder, 'token')}`,
  '--issuer=https://id.example',
  '--audience=bench',
  `--jwks-file=${join(folder, 'jwks.json')}`,
]
const cases = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: '--version', args: [binary, '--version'], target: 1.2 },
  { name: 'validate, local key set', args: validate, target: 1.6 },
  { name: 'validate, no code cache', args: validate, env: { MCP_PROXY_NO_CODE_CACHE: '1' } },
  { name: '--help', args: [binary, '--help'] },
  { name: 'validate, wrong flag', args: [binary, 'validate', '--nope'], status: 2 },
]

const once = ({ args, env = {}, status = 0, name }) => {
  const start = performance.now()
  const run = spawnSync(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), ...env },
  })
  const ms = performance.now() - start
  if (run.status !== status) throw new Error(`${name}: exit ${run.status}: ${String(run.stderr)}`)
  return ms
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

try {
  const times = new Map(cases.map(({ name }) => [name, []]))
  // The first round fills the cache and does not count.
  for (let round = 0; round <= rounds; round += 1) {
    for (const item of cases) {
      const ms = once(item)
      if (round > 0) times.get(item.name).push(ms)
    }
  }
  const base = median(times.get('node -e 0'))
  for (const { name, target } of cases) {
    const ms = median(times.get(name))
    const wanted = target === undefined ? '' : `  target ${target.toFixed(2)}`
    const line = `${name.padEnd(26)} ${ms.toFixed(1).padStart(7)} ms  x ${(ms / base).toFixed(2)}${wanted}`
    process.stdout.write(`${line}\n`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
