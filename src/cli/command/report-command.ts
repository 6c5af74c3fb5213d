// The base of every command: one report, told to a person or given as JSON, with an exit code that means something.
import { Command } from '@oclif/core/command'
import { boolean } from '@oclif/core/flags'
import type { Input, ParserOutput } from '@oclif/core/interfaces'
import { canAsk } from '../terminal/ask.ts'
import { jsonText, printable, printableLines } from '../../base/escape.ts'
import { checkValues } from './check-flags.ts'
import { environmentWith } from './environment.ts'
import { exitCodes } from './exit-codes.ts'
import { failureOf, failureReport, failureText, type Surface } from './failure.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { appendStepSummary } from './step-summary.ts'
import { stderr, stdout, type Output } from '../terminal/output.ts'
import { styleFor, type Style } from '../terminal/style.ts'

type Values = Record<string, unknown>

/** What a command found out: `report` is plain JSON, `text` tells it to a person. */
export interface CommandResult<Report> {
  readonly report: Report
  readonly exitCode: number
  readonly text: (style: Style) => string
  /** What --quiet leaves of it; undefined where the text is all there is. */
  readonly line?: (style: Style) => string
  /** Markdown for the page of the run, where the CI system has one. */
  readonly summary?: () => string
}

/** A result that comes in pieces. */
export interface Stream {
  /** JSON lines instead of text. */
  readonly json: boolean
  /** How the result is coloured. */
  readonly style: Style
  readonly write: (text: string) => void
}

export const outputFlags = {
  json: boolean({ description: 'print the report as JSON on stdout', helpGroup: 'OUTPUT' }),
  quiet: boolean({
    char: 'q',
    description: 'only the verdict on stdout, no narration on stderr',
    helpGroup: 'OUTPUT',
  }),
  'no-color': boolean({ description: 'no colours (NO_COLOR works too)', helpGroup: 'OUTPUT' }),
}

export abstract class ReportCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = outputFlags

  private environment = process.env

  /** Whether `word` stands on the command line before "--". For use before and beside the parser. */
  private has(word: string): boolean {
    const end = this.argv.indexOf('--')
    return (end === -1 ? this.argv : this.argv.slice(0, end)).includes(word)
  }

  private styleOf(output: Output): Style {
    return styleFor(output, process.env, !this.has('--no-color'))
  }

  private surface(): Surface {
    const { flags, id } = this.ctor
    return {
      command: id,
      flags: Object.keys({ ...outputFlags, ...flags, help: true }).map((name) => `--${name}`),
    }
  }

  /** What oclif would say of values by sentences alone is checked first, and said by us. */
  protected override async parse<F extends Values, B extends Values, A extends Values>(
    options: Input<F, B, A>,
    argv = this.argv,
  ): Promise<ParserOutput<F, B, A>> {
    checkValues(argv, { ...options.baseFlags, ...options.flags }, this.ctor.id)
    const parsed = await super.parse(options, argv)
    const file = (parsed.flags as Values)['env-file']
    if (typeof file === 'string') this.environment = environmentWith(file)
    return parsed
  }

  /** The JSON that is printed is the object that came out, uncoloured, on one schema. */
  override logJson(json: unknown): void {
    stdout.write(`${jsonText(json, 2)}\n`)
  }

  /** Narration goes to stderr alone. */
  protected narrator(): Narrator {
    const quiet = this.jsonEnabled() || this.isQuiet
    const style = this.styleOf(stderr)
    const say = (text: string) => {
      if (!quiet) stderr.write(`${text}\n`)
    }
    return {
      note: (text) => {
        say(style.dim(printable(text)))
      },
      warn: ({ detail }) => {
        say(`${style.yellow('warning')} ${printable(detail)}`)
      },
      tell: (text) => {
        stderr.write(`${printableLines(text)}\n`)
      },
      quiet,
      canAsk: () => canAsk(),
      env: this.environment,
      columns: stdout.columns,
    }
  }

  /** For a command whose result comes in pieces and has no end. */
  protected stream(): Narrator & Stream {
    return {
      ...this.narrator(),
      json: this.jsonEnabled(),
      style: this.styleOf(stdout),
      write: (text) => {
        stdout.write(text)
      },
    }
  }

  /** For a command that writes a log to stderr. */
  protected logOptions() {
    return {
      terminal: {
        isTTY: stderr.isTTY,
        columns: () => stderr.columns,
        style: this.styleOf(stderr),
      },
      quiet: this.isQuiet,
    }
  }

  private get isQuiet(): boolean {
    return this.has('--quiet') || this.has('-q')
  }

  /** A step of GitHub Actions has a page: what it cannot be written to is said, and changes nothing else. */
  private summarise(markdown: string): void {
    const file = process.env['GITHUB_STEP_SUMMARY'] ?? ''
    const problem = file === '' ? undefined : appendStepSummary(file, markdown)
    if (problem !== undefined) this.narrator().warn(problem)
  }

  protected conclude<Report>(result: CommandResult<Report>): Report {
    const { report, exitCode, text, line, summary } = result
    process.exitCode = exitCode
    if (summary !== undefined) this.summarise(summary())
    const say = this.isQuiet ? (line ?? text) : text
    if (!this.jsonEnabled()) stdout.write(`${say(this.styleOf(stdout))}\n`)
    return report
  }

  // oclif would print the parser's input, token included, and exit with 1, which means "rejected" here.
  protected override async catch(error: Error): Promise<void> {
    const failure = failureOf(error, this.surface())
    process.exitCode = failure.exitCode
    if (failure.exitCode === exitCodes.interrupted) return
    if (this.jsonEnabled()) this.logJson(failureReport(failure))
    else stderr.write(`${failureText(failure, this.styleOf(stderr))}\n`)
    if (failure.exitCode === exitCodes.internal && process.env['MCP_PROXY_DEBUG'] === '1') {
      stderr.write(`${printableLines(error.stack ?? error.message)}\n`)
    }
  }
}
