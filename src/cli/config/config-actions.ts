// What `config` can do. Apart from the work itself, so that completion does not load it.

export const configActions = ['show', 'fmt', 'schema'] as const
