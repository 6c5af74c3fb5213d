// Writes the rooms of src between the markers of a page that is otherwise written by hand.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rooms } from './rooms.ts'

const [opening, closing] = ['<!-- rooms -->', '<!-- /rooms -->']

const floors = (): readonly string[] => [
  ...new Set(
    rooms.filter(({ name }) => name !== '.').map(({ name }) => name.split('/')[0] ?? name),
  ),
]

const forms = {
  /** One line for each room. */
  each: () =>
    rooms
      .map(({ name, what, open }) => {
        const files = (open ?? []).filter((file) => file !== '')
        const doors =
          files.length === 0 ? '' : ` Open: ${files.map((file) => `\`${file}\``).join(', ')}.`
        return `- **${name === '.' ? 'src' : name}**: ${what}.${doors}`
      })
      .join('\n'),
  /** The outer folders alone. */
  line: () => `\`${floors().join(' < ')}\``,
} as const

/** The text of the page with its list made anew. Throws where the page has no markers. */
export const withRooms = (page: string, form: keyof typeof forms): string => {
  const text = readFileSync(join(import.meta.dirname, '..', page), 'utf8')
  const from = text.indexOf(opening)
  const to = text.indexOf(closing)
  if (from === -1 || to < from) throw new Error(`${page} has no place for the rooms`)
  return `${text.slice(0, from)}${opening}\n\n${forms[form]()}\n\n${text.slice(to)}`
}
