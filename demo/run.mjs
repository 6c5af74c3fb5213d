// Starts the tour: `npm run demo`, with `-- --once` to end after it.
import { fileURLToPath } from 'node:url'

const tour = fileURLToPath(new URL('./tour.ts', import.meta.url))
process.argv.splice(2, 0, tour)
await import('../scripts/run-ts.mjs')
