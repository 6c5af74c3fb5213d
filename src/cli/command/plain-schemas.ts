// Told to zod before any schema is made: a command parses one document, for which compiling a parser does not pay.
import * as z from 'zod/mini'

z.config({ jitless: true })
