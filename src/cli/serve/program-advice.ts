// Programs of stdio backends that are not here: the proxy starts without them, and so does a check for another machine.
import { childEnvironment } from '../../backends/stdio/child-group.ts'
import { programFault, type ProgramFault } from '../../backends/stdio/program.ts'
import { showPath, type KeyPath } from '../../config/key-path.ts'
import { placeIn, type LoadedConfig } from '../../config/load.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { usageProblem, type UsageProblem } from '../../problems/usage-error.ts'

const adviceOf = (fault: ProgramFault, key: string): Problem => {
  switch (fault.kind) {
    case 'no-folder':
      return problemOf('config-advice', 'no-folder', { key, folder: fault.folder })
    case 'no-program':
      return problemOf('config-advice', 'no-program', { key, command: fault.command })
    case 'no-file':
      return problemOf('config-advice', 'no-file', { key, file: fault.file })
    case 'not-executable':
      return problemOf('config-advice', 'not-executable', { key, file: fault.file })
  }
}

export const programAdvice = async (loaded: LoadedConfig): Promise<readonly UsageProblem[]> => {
  const found = loaded.config.backends.flatMap(({ transport, command, cwd, env }, index) => {
    if (transport !== 'stdio' || command === undefined) return []
    const fault = programFault({ command, cwd, env: childEnvironment(env) })
    if (fault === undefined) return []
    const path: KeyPath = ['backends', index, fault.kind === 'no-folder' ? 'cwd' : 'command']
    return [{ path, problem: adviceOf(fault, showPath(path)) }]
  })
  return Promise.all(
    found.map(async ({ path, problem }) =>
      usageProblem(problem, { place: await placeIn(loaded, path) }),
    ),
  )
}
