// What is generated from the sources: the JSON Schema of the configuration, its reference page, the pages of checks, hints and rules.
import { checksPage } from './checks-page.ts'
import { clientsPage } from './clients-page.ts'
import { cliPage } from './cli-page.ts'
import { configPage } from './config-page.ts'
import { hintsPage } from './hints-page.ts'
import { manPage } from './man-page.ts'
import { metricsPage } from './metrics-page.ts'
import { readinessPage } from './readiness-page.ts'
import { withRooms } from './rooms-list.ts'
import { openApiDocument } from '../src/server/admin/open-api.ts'
import { adminRoutes } from '../src/server/admin/routes.ts'
import { configSchemaDocument } from '../src/config/json-schema.ts'

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** Path from the root of the repository to content. */
export const generatedFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ['schemas/config.schema.json', jsonText(configSchemaDocument())],
    ['schemas/admin.openapi.json', jsonText(openApiDocument(adminRoutes))],
    ['docs/clients.md', clientsPage()],
    ['docs/config.md', configPage()],
    ['docs/checks.md', checksPage()],
    ['docs/cli.md', cliPage()],
    ['man/mcp-proxy.1', manPage()],
    ['docs/hints.md', hintsPage()],
    ['docs/metrics.md', metricsPage()],
    ['docs/readiness.md', readinessPage()],
    ['docs/architecture.md', withRooms('docs/architecture.md', 'each')],
    ['CONTRIBUTING.md', withRooms('CONTRIBUTING.md', 'line')],
  ])
