// Asks for the admin token, where the proxy wants one.
import { useState } from 'preact/hooks'
import { useAdminToken } from '../data/api.ts'
import { Dialog } from './dialog.tsx'

export const AskToken = ({ why }: { readonly why: string }) => {
  const [token, type] = useState('')
  return (
    <Dialog title="Admin token">
      <p>{why}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (token.trim() !== '') useAdminToken(token.trim())
        }}
      >
        <label for="admin-token">A token with the right to read</label>
        <input
          id="admin-token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          value={token}
          onInput={({ currentTarget }) => type(currentTarget.value)}
        />
        <p class="dim">
          It is kept in this tab until you close it, and is sent to this proxy only. Tokens are in
          security.admin_tokens of its configuration.
        </p>
        <p class="actions">
          <button type="submit" class="primary">
            Continue
          </button>
        </p>
      </form>
    </Dialog>
  )
}
