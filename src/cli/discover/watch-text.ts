// What happens while something is watched, one line each, with the time in front.
import { printable } from '../../base/escape.ts'
import type { Style } from '../terminal/style.ts'
import type { WatchEvent } from './watch.ts'
import { changeLine } from './comparison-text.ts'

const told = (event: Exclude<WatchEvent, { event: 'report' }>, style: Style): string => {
  switch (event.event) {
    case 'change':
      return changeLine(event.change, style)
    case 'silence':
      return `${style.yellow('quiet')}  could not establish it: ${printable(event.why)}`
    case 'answer':
      return `${style.green('again')}  it can be established again`
  }
}

export const watchText = (event: Exclude<WatchEvent, { event: 'report' }>, style: Style): string =>
  `${style.dim(event.time)}  ${told(event, style)}`
