// Certificates for tests: an authority made at run time, and what it signs. Nothing of it outlives the test.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Certified {
  readonly certificate: string
  readonly key: string
}

export interface IssueOptions {
  /** Of an RSA key; default: P-256. */
  readonly rsaBits?: number
  /** As openssl takes them: YYYYMMDDHHMMSSZ. */
  readonly from?: string
  readonly to?: string
}

export interface TestAuthority extends Certified {
  /** Signs a certificate for a name; a server's also for 127.0.0.1 and localhost. */
  issue(commonName: string, kind?: 'server' | 'client', options?: IssueOptions): Promise<Certified>
  /** An authority below this one. */
  intermediate(commonName: string): Promise<TestAuthority>
  close(): Promise<void>
}

/** Under `not_before` and `not_after` openssl x509 of Debian 12 takes no dates: openssl ca does. */
const caConfig = `[ca]
default_ca = one
[one]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
[any]
commonName = supplied
`

const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'

export const createAuthority = async (
  name = 'test-authority',
  days = 2,
): Promise<TestAuthority> => {
  const folder = await mkdtemp(join(tmpdir(), 'authority-'))
  const openssl = (args: string) => run('openssl', args.split(' '), { cwd: folder })
  await openssl(
    `req -x509 ${newKey} -subj /CN=${name} -days ${days} -keyout authority.key -out authority.pem -addext basicConstraints=critical,CA:TRUE`,
  )
  return authorityIn(folder)
}

const authorityIn = async (folder: string): Promise<TestAuthority> => {
  const at = (file: string): string => join(folder, file)
  /** No argument has a space in it. */
  const openssl = (args: string) => run('openssl', args.split(' '), { cwd: folder })
  const read = async (base: string): Promise<Certified> => ({
    certificate: await readFile(at(`${base}.pem`), 'utf8'),
    key: await readFile(at(`${base}.key`), 'utf8'),
  })
  let issued = 0
  await writeFile(at('ca.cnf'), caConfig)
  await writeFile(at('index.txt'), '')
  return {
    ...(await read('authority')),
    issue: async (commonName, kind = 'client', { rsaBits, from, to } = {}) => {
      issued += 1
      const base = `issued-${issued}`
      const usage =
        kind === 'server'
          ? `extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1,DNS:localhost,DNS:${commonName}\n`
          : 'extendedKeyUsage=clientAuth\n'
      await writeFile(at(`${base}.ext`), usage)
      await openssl(
        `req -new ${rsaBits === undefined ? newKey : `-newkey rsa:${rsaBits} -nodes`} -subj /CN=${commonName} -keyout ${base}.key -out ${base}.csr`,
      )
      if (from !== undefined || to !== undefined) {
        await writeFile(at('serial'), `${(1000 + issued).toString()}\n`)
        const dates = `-startdate ${from ?? '20200101000000Z'} -enddate ${to ?? '20490101000000Z'}`
        await openssl(
          `ca -batch -notext -config ca.cnf -in ${base}.csr -out ${base}.pem -cert authority.pem -keyfile authority.key -extfile ${base}.ext ${dates}`,
        )
        return read(base)
      }
      await openssl(
        `x509 -req -in ${base}.csr -days 1 -set_serial ${issued + 1} -CA authority.pem -CAkey authority.key -extfile ${base}.ext -out ${base}.pem`,
      )
      return read(base)
    },
    intermediate: async (commonName) => {
      const below = await mkdtemp(join(tmpdir(), 'authority-'))
      const file = join(below, 'authority')
      issued += 1
      await writeFile(at('intermediate.ext'), 'basicConstraints=critical,CA:TRUE\n')
      await openssl(
        `req -new ${newKey} -subj /CN=${commonName} -keyout ${file}.key -out intermediate.csr`,
      )
      await openssl(
        `x509 -req -in intermediate.csr -days 1 -set_serial ${issued + 1} -CA authority.pem -CAkey authority.key -extfile intermediate.ext -out ${file}.pem`,
      )
      return authorityIn(below)
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
