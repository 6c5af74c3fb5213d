// Builds dist/lib (types by tsc, library by esbuild), dist/page (the live page), dist/bin (one program for each command, one for help
// and for words that are no command) and oclif.manifest.json (what oclif knows of the commands without loading them).
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Plugin } from '@oclif/core/config'
import { build } from 'esbuild'
import { buildPage } from './build-page.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const out = join(root, 'dist', 'bin')

const language = {
  absWorkingDir: root,
  platform: 'node',
  target: 'node20.19',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
}

/** With DEBUG=* the client of Redis would print what it sends, the password included: it gets a `debug` that does nothing. */
const silentRedis = {
  name: 'silent-redis',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^debug$/ }, ({ importer }) =>
      importer.includes('/node_modules/ioredis/')
        ? { path: 'debug', namespace: 'silent' }
        : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'silent' }, () => ({
      contents: 'exports.default = () => Object.assign(() => undefined, { enabled: false })',
    }))
  },
}

/**
 * One file with all that the program named `name` always needs, and one for each thing that it imports lazily. The
 * names of these are made from their content: programs share them.
 */
const bundle = async (name, contents) => {
  const { metafile } = await build({
    ...language,
    stdin: { contents, resolveDir: root, sourcefile: `${name}.js` },
    outdir: 'dist/bin',
    entryNames: name,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    // jsonc-parser: its main file looks for its parts at run time, which no bundler sees.
    mainFields: ['module', 'main'],
    // What oclif looks for where commands are TypeScript: they are not.
    external: ['typescript', 'ts-node'],
    define: { 'process.env.NODE_ENV': '"production"' },
    metafile: true,
    plugins: [silentRedis],
  })
  return metafile
}

/** esbuild splits ES modules alone; Node 20 starts CommonJS in less time. */
const toCommonJs = (files) =>
  build({
    ...language,
    entryPoints: files,
    outdir: 'dist/bin',
    outbase: 'dist/bin',
    allowOverwrite: true,
    format: 'cjs',
    supported: { 'dynamic-import': false },
    // open looks whether it has a place of its own: in a bundle it has none.
    logOverride: { 'empty-import-meta': 'silent' },
  })

const commandNames = readdirSync(join(root, 'src', 'commands'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))

const programs = [
  ['main', `export { main } from './src/main.ts'`],
  ...commandNames.map((name) => [
    `commands/${name}`,
    `import Command from './src/commands/${name}.ts'
     import { runCommand } from './src/cli/command/run-command.ts'
     export default Command
     export const main = (argv, program) => runCommand(Command, argv.slice(1), program)`,
  ]),
]

/** The licences of everything that was bundled, as their texts demand. */
const licences = (inputs) => {
  const folders = new Set(
    inputs.flatMap((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []),
  )
  return [...folders]
    .sort((a, b) => a.localeCompare(b))
    .map((folder) => {
      const { name, version, license } = JSON.parse(
        readFileSync(join(root, folder, 'package.json'), 'utf8'),
      )
      const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry))
      const text = file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8').trim()
      return `${name} ${version} (${license ?? 'see its package'})\n\n${text}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}

/** As `oclif manifest` writes it, which would bring a generator of whole programs along. */
const writeManifest = async () => {
  const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const plugin = new Plugin({
    root,
    pjson,
    isRoot: true,
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
  })
  // Each command has oclif in it, which listens to standard output as it is loaded.
  process.stdout.setMaxListeners(programs.length + 10)
  await plugin.load()
  writeFileSync(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest)}\n`)
}

/** `pageInputs`: what went into the live page. */
const writeProgram = async (pageInputs) => {
  rmSync(out, { recursive: true, force: true })
  const bundles = []
  for (const [name, contents] of programs) bundles.push(await bundle(name, contents))
  const files = [...new Set(bundles.flatMap(({ outputs }) => Object.keys(outputs)))]
  await toCommonJs(files)
  writeFileSync(join(out, 'package.json'), '{ "type": "commonjs" }\n')
  writeFileSync(
    join(out, 'LICENSES.txt'),
    licences([...bundles.flatMap(({ inputs }) => Object.keys(inputs)), ...pageInputs]),
  )
  await writeManifest()
  return files.length
}

/** The library: what package.json lists as dependencies stays outside, all else is in it, and is loaded when it is needed. */
const writeLibrary = async () => {
  const folder = join(root, 'dist', 'lib')
  rmSync(folder, { recursive: true, force: true })
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const { metafile } = await build({
    ...language,
    // Those who follow an error into the package want to read it.
    minify: false,
    entryPoints: ['src/index.ts'],
    outdir: 'dist/lib',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    mainFields: ['module', 'main'],
    external: Object.keys(dependencies).flatMap((name) => [name, `${name}/*`]),
    // What is CommonJS asks for modules of Node by require.
    banner: {
      js: `import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);`,
    },
    metafile: true,
    plugins: [silentRedis],
  })
  writeFileSync(join(folder, 'LICENSES.txt'), licences(Object.keys(metafile.inputs)))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], {
    stdio: 'inherit',
  })
}

const only = process.argv[2]
if (only !== '--lib') {
  const page = await buildPage(root)
  process.stdout.write(`${page.bytes} bytes in dist/page\n`)
  const count = await writeProgram(page.inputs)
  process.stdout.write(`${count} files in dist/bin\n`)
}
if (only !== '--bin') {
  await writeLibrary()
  process.stdout.write('library in dist/lib\n')
}
