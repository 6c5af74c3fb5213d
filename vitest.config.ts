import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/bundle-servers.ts',
    disableConsoleIntercept: true,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // How long a machine with much to do may take; nothing waits longer than it has to.
    expect: { poll: { timeout: 15_000 } },
    // Where the machine is shared, a test with processes is tried once more; the report marks it.
    retry: process.env['CI'] === undefined ? 0 : 1,
    pool: 'forks',
    maxWorkers: 2,
    // No module keeps state: files share the modules that a worker has loaded, which halves the time of most.
    isolate: false,
  },
})
