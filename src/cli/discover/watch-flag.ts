// `--watch [seconds]`: a flag whose value may be left out, which the parser of the command line does not know.
import { longestSeconds, shortestSeconds, usualSeconds } from './watch.ts'
import { wholeNumber } from '../flags/whole-number.ts'

export const watchFlag = {
  watch: wholeNumber({
    description: `repeat every N seconds (minimum ${String(shortestSeconds)}, default ${String(usualSeconds)}) and print what changed`,
    helpValue: '[seconds]',
    min: shortestSeconds,
    max: longestSeconds,
    exclusive: ['diff', 'save', 'har', 'badge', 'format'],
    helpGroup: 'CI',
  }),
}

/** Gives a bare `--watch` its usual value. What follows it counts as the value only if it is a number. */
export const withWatchSeconds = (argv: readonly string[]): string[] => {
  const end = argv.indexOf('--')
  return argv.map((word, index) =>
    word === '--watch' &&
    (end === -1 || index < end) &&
    !/^-?\d+(?:\.\d+)?$/.test(argv[index + 1] ?? '')
      ? `--watch=${String(usualSeconds)}`
      : word,
  )
}
