// The pages that the browser gets back at the end of a login.
import { expect, test } from 'vitest'
import {
  errorPage,
  failedPage,
  loggedInPage,
  pageHeaders,
  pageText,
} from '../../../src/cli/login/callback-page.ts'

const policy = pageHeaders['content-security-policy'] ?? ''

test('an error_description cannot write into the page, and is cut', () => {
  const text = pageText(
    errorPage(
      new URLSearchParams({
        error: '<b>access_denied</b>',
        error_description: `<script>alert(1)</script>\u202e${'x'.repeat(5000)}`,
      }),
    ),
  )
  expect(text).not.toMatch(/<script|<b>|\u202e/)
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(text.length).toBeLessThan(2000)
})

test('the policy lets the page load nothing, run nothing and be framed by nobody', () => {
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).toContain("form-action 'none'")
  expect(policy).not.toContain('unsafe')
})

test('each page says what happened', () => {
  expect(pageText(loggedInPage('https://id.example.com'))).toContain('<h1>Logged in</h1>')
  expect(pageText(failedPage('The token endpoint rejected it'))).toContain('rejected it')
})
