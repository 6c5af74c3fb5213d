// Bundles the fixture servers once before all tests: hundreds of processes of them then start in half the time.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { TestProject } from 'vitest/node'
import { bundledServers } from './mcp-servers.ts'

const sources = ['mcp-server-1', 'mcp-server-2', 'task-server-1', 'task-server-2']

export const setup = async (project: TestProject) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'mcp-servers-'))
  const bundle = () =>
    build({
      entryPoints: sources.map((name) =>
        fileURLToPath(new URL(`./fixtures/${name}.mjs`, import.meta.url)),
      ),
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      minify: true,
      // For the packages among them that are no modules.
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)",
      },
      logLevel: 'warning',
    })
  await bundle()
  process.env[bundledServers] = folder
  project.onTestsRerun(async () => void (await bundle()))
  return () => rm(folder, { recursive: true, force: true })
}
