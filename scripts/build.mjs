// Builds dist/lib (types and library, tsc) and dist/bin (one bundle a command, and the libraries they share).
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const out = join(root, 'dist', 'bin')

// What a command may never need stays in a file of its own, read when it is first asked for.
// The value says what the file exports: the module, or the default export of an ESM package.
const apart = {
  undici: 'module',
  ws: 'module',
  yaml: 'module',
  'smol-toml': 'module',
  'toml-eslint-parser': 'module',
  ora: 'default',
  inquirer: 'default',
  oauth4webapi: 'module',
  open: 'default',
  'jsonc-parser': 'module',
  // What oclif brings for help, plugins and spinners.
  'cli-spinners': 'module',
  debug: 'module',
  ejs: 'module',
  lilconfig: 'module',
  minimatch: 'module',
  semver: 'module',
  'string-width': 'module',
  tinyglobby: 'module',
  'wrap-ansi': 'module',
  'wsl-utils': 'module',
}

/** Points the packages of `apart` at their own files. */
const keepApart = {
  name: 'keep-apart',
  setup(bundler) {
    const names = Object.keys(apart).join('|')
    bundler.onResolve({ filter: new RegExp(`^(${names})$`) }, ({ path }) => ({
      path: `./lib-${path}.cjs`,
      external: true,
    }))
  },
}

/**
 * What libraries do at their first line, what of it is left, and who does it instead. Each text has to be
 * there: a new version that changed it is noticed here.
 */
const unneeded = [
  {
    // Opens standard output, to hear of readers that went away: src/cli/terminal/output.ts does.
    file: '@oclif/core/lib/command.js',
    text: /^process\.stdout\.on\('error'.*?^\}\);$/ms,
    left: '',
  },
  {
    // Loads Node's performance hooks to time entries that expire: ours do not.
    file: 'lru-cache/dist/esm/browser/index.min.js',
    text: /typeof performance=="object"&&.*?\?performance:Date/,
    left: 'Date',
  },
  {
    // Loads Node's terminals to guess at colours: src/cli/terminal/style.ts says.
    file: 'chalk/source/vendor/supports-color/index.js',
    text: /^.*$/s,
    left: 'export default { stdout: false, stderr: false }',
  },
]

const withoutUnneeded = (file, written) => {
  const found = unneeded.find((entry) => file.endsWith(entry.file))
  if (found === undefined) return written
  const contents = written.replace(found.text, found.left)
  if (contents === written) throw new Error(`${file} is not what scripts/build.mjs expects`)
  return contents
}

/**
 * oclif's modules require all they may ever need at their first line: plugins, help, spinners. Each such
 * binding becomes a function that requires at its first use. It works because tsc wrote these files: every
 * binding is a `const` of its own whose name ends in a number.
 */
const requireLate = (written) => {
  let contents = written
  const bindings = written.matchAll(/^(?:const|var) (\w+_\d+) = (.*\brequire\("[^"]+"\)\)?);$/gm)
  for (const [line, name, required] of bindings) {
    const rest = contents.replace(line, '').replace(new RegExp(`\\b${name}\\b`, 'g'), `(${name}())`)
    contents = `var ${name}$; const ${name} = () => (${name}$ ??= ${required});\n${rest}`
  }
  return contents.replace(/^("use strict";)/m, '')
}

const lean = {
  name: 'lean',
  setup(bundler) {
    const filter = /[\\/](?:@oclif[\\/]core[\\/]lib|lru-cache|chalk)[\\/].*\.js$/
    bundler.onLoad({ filter }, ({ path }) => {
      const file = path.replaceAll('\\', '/')
      const contents = withoutUnneeded(file, readFileSync(path, 'utf8'))
      return { contents: file.includes('@oclif/') ? requireLate(contents) : contents, loader: 'js' }
    })
  },
}

/** What both passes of esbuild have to know. */
const language = { target: 'node20.19', format: 'cjs', legalComments: 'none' }

const common = {
  ...language,
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  minifySyntax: true,
  external: ['typescript'],
  // The build for browsers does not load Node's diagnostics channels, to which nobody here listens.
  alias: { 'lru-cache': './node_modules/lru-cache/dist/esm/browser/index.min.js' },
  // A script from a code cache cannot import(); what is imported lazily becomes a late require.
  supported: { 'dynamic-import': false },
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
  metafile: true,
  write: false,
}

/**
 * Node's own modules are required when one of them is first used, not at the head of a bundle. It works
 * because esbuild wrote these lines: each import is a variable of its own whose name begins with import_,
 * declared without a value or with this one, and used by its members alone.
 */
const requireNodeLate = (code) => {
  const required = /\b(import_\w+) = ((?:__toESM\()?require\("[^"]+"\)(?:, 1\))?)/g
  const names = new Set([...code.matchAll(required)].map(([, name]) => name))
  const late = code
    .replaceAll(required, '$1 = late(() => $2)')
    .replaceAll(/\b(import_\w+)\./g, (use, name) => (names.has(name) ? `(${name}()).` : use))
  const others = /(?<!var |, )\b(import_\w+)\b(?!\(\)\)\.| = late)/g
  const missed = [...late.matchAll(others)].find(([, name]) => names.has(name))
  if (missed !== undefined) throw new Error(`${missed[1]} is used in a way that cannot be late`)
  return `function late(load) { let module; return () => (module ??= load()) }\n${late}`
}

const bundle = async (contents, name, plugins) => {
  const { outputFiles, metafile } = await build({
    ...common,
    // Its main file looks for its parts at run time, which no bundler sees.
    ...(name === 'lib-jsonc-parser' ? { mainFields: ['module', 'main'] } : {}),
    plugins,
    stdin: { contents, resolveDir: root, sourcefile: `${name}.js`, loader: 'js' },
  })
  const { code } = await transform(requireNodeLate(outputFiles[0].text), {
    ...language,
    minify: true,
  })
  return { name, code, metafile }
}

const commandNames = readdirSync(join(root, 'src', 'commands'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))

const entries = [
  ['main', 'export { main } from "./src/main.ts"', [keepApart, lean]],
  ...commandNames.map((name) => [
    name,
    `import Command from "./src/commands/${name}.ts"
     import { runCommand } from "./src/cli/command/run-command.ts"
     export const main = (argv, version) => runCommand(Command, argv.slice(1), version)`,
    [keepApart, lean],
  ]),
  ...Object.entries(apart).map(([name, exported]) => [
    `lib-${name}`,
    exported === 'module'
      ? `module.exports = require(${JSON.stringify(name)})`
      : `module.exports = require(${JSON.stringify(name)}).default`,
    [],
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

const writeBundles = async () => {
  const results = await Promise.all(
    entries.map(([name, text, plugins]) => bundle(text, name, plugins)),
  )
  mkdirSync(out, { recursive: true })
  for (const { name, code } of results) {
    const hash = createHash('sha256').update(code).digest('hex').slice(0, 32)
    writeFileSync(join(out, `${name}.cjs`), `// ${hash}\n${code}`)
  }
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs))
  writeFileSync(join(out, 'LICENSES.txt'), licences(inputs))
  return results.length
}

const writeLibrary = () => {
  if (!existsSync(join(root, 'src', 'index.ts'))) return
  rmSync(join(root, 'dist', 'lib'), { recursive: true, force: true })
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], {
    stdio: 'inherit',
  })
}

const only = process.argv[2]
if (only !== '--lib') {
  const count = await writeBundles()
  process.stdout.write(`${count} bundles in ${relative(root, out)}\n`)
}
if (only !== '--bin') {
  writeLibrary()
  process.stdout.write('library in dist/lib\n')
}
