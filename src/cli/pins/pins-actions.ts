// What `pins` can do. Apart from the work itself, so that completion does not load it.

export const pinsActions = ['list', 'diff', 'accept'] as const
