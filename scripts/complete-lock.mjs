// Completes package-lock.json with the optional platform packages that npm leaves out when the registry in use does
// not carry them: npm ci refuses a lock without them, and other platforms would miss their binary. `--check` only looks.
import { readFileSync, writeFileSync } from 'node:fs'

const file = 'package-lock.json'
const lock = JSON.parse(readFileSync(file, 'utf8'))

/** The places where node would look for a package, from the inside out. */
const places = (from, name) => {
  const found = []
  let at = from
  for (;;) {
    found.push(`${at === '' ? '' : `${at}/`}node_modules/${name}`)
    if (at === '') return found
    at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))
  }
}

/** `@scope/binding-linux-arm64-musl`: platform packages name what they are for. */
const platformOf = (name) => {
  const [os, cpu, abi] = name
    .slice(name.indexOf('/') + 1)
    .replace(/^binding-/, '')
    .split('-')
  const libc = abi?.startsWith('musl') ? 'musl' : 'glibc'
  return { cpu: [cpu], os: [os], ...(os === 'linux' && abi !== undefined ? { libc: [libc] } : {}) }
}

const missing = Object.entries(lock.packages).flatMap(
  ([from, { optionalDependencies = {}, dev }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !places(from, name).some((place) => place in lock.packages))
      .map(([name, version]) => ({ name, version, dev })),
)

if (process.argv.includes('--check')) {
  for (const { name } of missing) process.stderr.write(`missing from ${file}: ${name}\n`)
  if (missing.length > 0) process.stderr.write('run: npm run lock\n')
  process.exit(missing.length > 0 ? 1 : 0)
}

for (const { name, version, dev } of missing) {
  const { libc, ...platform } = platformOf(name)
  lock.packages[`node_modules/${name}`] = {
    version,
    cpu: platform.cpu,
    ...(dev === true ? { dev } : {}),
    ...(libc === undefined ? {} : { libc }),
    optional: true,
    os: platform.os,
  }
}
const byPlace = ([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(byPlace))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(`${missing.length} platform packages added\n`)
