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

export interface TestAuthority extends Certified {
  /** Signs a certificate for a name; a server's also for 127.0.0.1 and localhost. */
  issue(commonName: string, kind?: 'server' | 'client'): Promise<Certified>
  close(): Promise<void>
}

const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'

export const createAuthority = async (
  name = 'test-authority',
  days = 2,
): Promise<TestAuthority> => {
  const folder = await mkdtemp(join(tmpdir(), 'authority-'))
  const at = (file: string): string => join(folder, file)
  /** No argument has a space in it. */
  const openssl = (args: string) => run('openssl', args.split(' '), { cwd: folder })
  const read = async (base: string): Promise<Certified> => ({
    certificate: await readFile(at(`${base}.pem`), 'utf8'),
    key: await readFile(at(`${base}.key`), 'utf8'),
  })
  await openssl(
    `req -x509 ${newKey} -subj /CN=${name} -days ${days} -keyout authority.key -out authority.pem -addext basicConstraints=critical,CA:TRUE`,
  )
  let issued = 0
  return {
    ...(await read('authority')),
    issue: async (commonName, kind = 'client') => {
      issued += 1
      const base = `issued-${issued}`
      const usage =
        kind === 'server'
          ? `extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1,DNS:localhost,DNS:${commonName}\n`
          : 'extendedKeyUsage=clientAuth\n'
      await writeFile(at(`${base}.ext`), usage)
      await openssl(
        `req -new ${newKey} -subj /CN=${commonName} -keyout ${base}.key -out ${base}.csr`,
      )
      await openssl(
        `x509 -req -in ${base}.csr -days 1 -set_serial ${issued + 1} -CA authority.pem -CAkey authority.key -extfile ${base}.ext -out ${base}.pem`,
      )
      return read(base)
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
