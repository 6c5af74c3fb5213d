// Runs one TypeScript file of this repository on any supported Node: bundles it with esbuild, then imports it.
// usage: node scripts/run-ts.mjs <file.ts> [arguments...]
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** A bundled module has one import.meta; each source keeps its own place through these constants. */
const ownPlaces = {
  name: 'own-places',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8')
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.filename', JSON.stringify(path)),
    })),
}

const [file, ...rest] = process.argv.slice(2)
if (file === undefined) {
  process.stderr.write('usage: node scripts/run-ts.mjs <file.ts> [arguments...]\n')
  process.exit(2)
}
const source = resolve(file)

const { outputFiles } = await build({
  entryPoints: [source],
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  packages: 'external',
  sourcemap: 'inline',
  logLevel: 'error',
  plugins: [ownPlaces],
})

// Bare imports resolve from the importing file, so the bundle must lie inside the repository for a moment.
const folder = join(root, 'node_modules', '.cache', 'run-ts')
mkdirSync(folder, { recursive: true })
const bundle = join(folder, `${randomUUID()}.mjs`)
writeFileSync(bundle, outputFiles[0].text)
const remove = () => rmSync(bundle, { force: true })
process.once('exit', remove)
process.setSourceMapsEnabled(true)
process.argv = [process.argv[0], source, ...rest]
await import(pathToFileURL(bundle).href)
remove()
