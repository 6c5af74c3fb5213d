// The file that definitions of tools are pinned in.
import { says, type ProblemSpec, type Texts } from './spec.ts'

export const pinProblems = {
  'pin-file': {
    group: 'config',
    outcome: 'rejected',
    http: undefined,
    oauth: undefined,
    spec: '',
    severity: 'fatal',
    refuses: 'always',
    title: 'the file with the pins cannot be used',
    cases: {
      unreadable: says(
        ({ file, why }: Texts<'file' | 'why'>) => `The pin file ${file} cannot be read: ${why}`,
        { file: 'mcp-proxy.pins.json', why: 'permission denied' },
        'check the path, and that the user of the proxy may read the file',
      ),
      form: says(
        ({ file, why }: Texts<'file' | 'why'>) => `The pin file ${file} cannot be used: ${why}`,
        { file: 'mcp-proxy.pins.json', why: 'version: must be 1' },
        'restore the file, and change it with mcp-proxy pins accept alone',
      ),
      writable: says(
        ({ file, mode }: Texts<'file' | 'mode'>) =>
          `The pin file ${file} can be written by other users (mode ${mode}): they could accept what a backend changed`,
        { file: 'mcp-proxy.pins.json', mode: '666' },
        ({ file }) => `chmod go-w ${file}, and look through mcp-proxy pins diff`,
      ),
      unwritable: says(
        ({ file, why }: Texts<'file' | 'why'>) => `The pin file ${file} cannot be written: ${why}`,
        { file: 'mcp-proxy.pins.json', why: 'permission denied' },
        'check the permissions of the file and of its folder, or set proxy.pins_file; it is as it was',
      ),
      busy: says(
        ({ file, lock }: Texts<'file' | 'lock'>) =>
          `Another program is changing the pin file ${file} (${lock})`,
        { file: 'mcp-proxy.pins.json', lock: 'mcp-proxy.pins.json.lock' },
        ({ lock }) => `try again; if no other process writes it, remove the folder ${lock}`,
      ),
    },
    hint: 'check the file that proxy.pins_file names',
  },
} as const satisfies Record<string, ProblemSpec>
