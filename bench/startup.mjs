// How long the binary takes from start to exit, as a multiple of `node -e 0`: medians and best of interleaved runs.
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import module from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const rounds = Number(process.argv[2] ?? 31)
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

/** What no implementation can leave out: both files, one verification by WebCrypto as jose asks for it, one line. */
const writeFloor = () => {
  const floor = async (fs, folder) => {
    const read = (name) => fs.readFileSync(`${folder}/${name}`, 'utf8')
    const [header, claims, signature] = read('token').split('.')
    const [jwk] = JSON.parse(read('jwks.json')).keys
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('jwk', jwk, algorithm, true, ['verify'])
    const bytes = Buffer.from(signature, 'base64url')
    const signed = Buffer.from(`${header}.${claims}`)
    fs.writeSync(1, `${await crypto.subtle.verify(algorithm, key, bytes, signed)}\n`)
  }
  writeFileSync(join(folder, 'floor.cjs'), `(${String(floor)})(require('fs'), __dirname)`)
}

writeToken()
writeFloor()
const validate = [
  binary,
  'validate',
  `@${join(folder, 'token')}`,
  '--issuer=https://id.example',
  '--audience=bench',
  `--jwks-file=${join(folder, 'jwks.json')}`,
]
/** Node 22.1 and newer; bin/run.cjs turns it on. */
const hasCompileCache = typeof module.enableCompileCache === 'function'

const cases = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'node, one verification', args: [join(folder, 'floor.cjs')] },
  { name: '--version', args: [binary, '--version'], target: 1.1 },
  { name: 'validate, local key set', args: validate, target: hasCompileCache ? 2.8 : 4.5 },
  { name: 'validate, no compile cache', args: validate, env: { NODE_DISABLE_COMPILE_CACHE: '1' } },
  { name: '--help', args: [binary, '--help'] },
  { name: 'validate, wrong flag', args: [binary, 'validate', '--nope'], status: 2 },
]

const certificates = process.env.NODE_EXTRA_CA_CERTS
const environments = [
  { title: 'PATH, HOME and a cache folder alone', env: {} },
  // Node reads that file before anything else: the rest is then a smaller part of the whole.
  ...(certificates === undefined
    ? []
    : [
        {
          title: 'the same with NODE_EXTRA_CA_CERTS as inherited',
          env: { NODE_EXTRA_CA_CERTS: certificates },
        },
      ]),
]

const once = ({ args, env = {}, status = 0, name }, environment) => {
  const clean = { PATH: process.env.PATH, HOME: folder, XDG_CACHE_HOME: join(folder, 'cache') }
  const start = performance.now()
  const run = spawnSync(process.execPath, args, {
    cwd: folder,
    env: { ...clean, ...environment.env, ...env },
  })
  const ms = performance.now() - start
  if (run.status !== status) throw new Error(`${name}: exit ${run.status}: ${String(run.stderr)}`)
  return ms
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
const best = (values) => Math.min(...values)

const measure = () => {
  const rows = environments.flatMap((environment) =>
    cases.map((item) => ({ environment, item, times: [] })),
  )
  // The first round fills the cache and does not count.
  for (let round = 0; round <= rounds; round += 1) {
    for (const { environment, item, times } of rows) {
      const ms = once(item, environment)
      if (round > 0) times.push(ms)
    }
  }
  return rows
}

const tell = (rows) => {
  const [base] = rows
  const figure = (of, times) =>
    `${of(times).toFixed(1).padStart(7)} ms  x ${(of(times) / of(base.times)).toFixed(2)}`
  for (const { item, times } of rows) {
    const wanted = item.target === undefined ? '' : `  target ${item.target.toFixed(2)}`
    const line = `${item.name.padEnd(26)} median ${figure(median, times)}  best ${figure(best, times)}${wanted}`
    process.stdout.write(`${line}\n`)
  }
}

try {
  const rows = measure()
  for (const environment of environments) {
    process.stdout.write(`${environment.title}:\n`)
    tell(rows.filter((row) => row.environment === environment))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
