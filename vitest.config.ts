import { defineConfig } from 'vitest/config'

/** Tests without child processes of their own: `npm run test:unit`, in seconds. */
const unit = [
  'test/architecture.test.ts',
  'test/{base,problems,net,mcp,core,shaping,library,limits,layers,config,proxy,cli}/**/*.test.ts',
]

export default defineConfig({
  test: {
    disableConsoleIntercept: true,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // How long a machine with much to do may take; nothing waits longer than it has to.
    expect: { poll: { timeout: 15_000 } },
    pool: 'forks',
    maxWorkers: 2,
    // No module keeps state: files share the modules that a worker has loaded, which halves the time of most.
    isolate: false,
    setupFiles: ['test/support/skip-quarantined.ts'],
    projects: [
      { extends: true, test: { name: 'unit', include: unit } },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: unit,
          globalSetup: 'test/support/bundle-servers.ts',
        },
      },
    ],
  },
})
