// The packed tarball, installed into an empty folder, as those who use the package have it.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { makeTempFolder, repository, type TempFolder } from './command-line.ts'

const run = promisify(execFile)

export interface InstalledPackage {
  readonly folder: TempFolder
  /** The names of all packages that came with it, itself included, sorted. */
  packages(): Promise<readonly string[]>
}

export const installPackage = async (): Promise<InstalledPackage> => {
  const folder = await makeTempFolder()
  const { stdout } = await run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', folder.path],
    { cwd: repository },
  )
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  await folder.write('package.json', '{"name":"empty","version":"1.0.0","private":true}')
  await run(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', path.join(folder.path, filename)],
    { cwd: folder.path },
  )
  return {
    folder,
    packages: async () => {
      const file = path.join(folder.path, 'node_modules', '.package-lock.json')
      const { packages } = JSON.parse(await readFile(file, 'utf8')) as {
        packages: Record<string, unknown>
      }
      return Object.keys(packages)
        .map((place) => place.replace(/^.*node_modules\//, ''))
        .sort()
    },
  }
}
