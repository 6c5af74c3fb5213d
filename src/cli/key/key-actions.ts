// What `key` can do. Apart from the work itself, so that completion does not load it.

export const keyActions = ['create', 'list', 'revoke'] as const
