// A tool and a prompt that come and go while clients are connected, the same for every server of this process.
const text = (value) => ({ type: 'text', text: value })

const parts = {
  tools: (server) =>
    server.registerTool('test_passing_tool', { description: 'Comes and goes' }, () => ({
      content: [text('here for now')],
    })),
  prompts: (server) =>
    server.registerPrompt('test_passing_prompt', { description: 'Comes and goes' }, () => ({
      messages: [{ role: 'user', content: text('Here for now') }],
    })),
}

export const changeableParts = () => {
  const present = { tools: false, prompts: false }
  const listeners = new Set()
  const registered = new WeakMap()

  return {
    /** Adds to a new server what is present now. */
    register: (server) => {
      const handles = {}
      for (const [what, register] of Object.entries(parts)) {
        handles[what] = register(server)
        if (!present[what]) handles[what].disable()
      }
      registered.set(server, handles)
    },
    /** Keeps a server that lives for long up to date, until the function that it gives is called. */
    follow: (server) => {
      const update = (what) => {
        const handle = registered.get(server)[what]
        // Either of them tells the client that the list has changed.
        if (present[what]) handle.enable()
        else handle.disable()
      }
      listeners.add(update)
      return () => listeners.delete(update)
    },
    onChange: (listener) => listeners.add(listener),
    /** Takes away what is there, or puts it back. */
    toggle: (what) => {
      present[what] = !present[what]
      for (const listener of listeners) listener(what)
    },
  }
}
