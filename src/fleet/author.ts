// Forms of an author: the `created_by`, `updated_by` and `deleted_by` of a resource (contract 3.6).

const EMAIL_MAX_LENGTH = 254
const LOCAL_PART = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const DOMAIN_LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
/** RFC 5321 without quoted and international forms, which generated clients refuse (contract 3.6). */
const EMAIL = new RegExp(`^${LOCAL_PART}(?:\\.${LOCAL_PART})*@${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})+$`)

/** Control characters of ASCII and Latin-1. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/
const IDENTITY_MAX_LENGTH = 256

const FORMS = {
  email: (text: string) => text.length <= EMAIL_MAX_LENGTH && EMAIL.test(text),
  any: (text: string) => text !== '' && text.length <= IDENTITY_MAX_LENGTH && !CONTROL.test(text),
} as const

export type IdentityFormat = keyof typeof FORMS

export function isAuthor(format: IdentityFormat, text: string): boolean {
  return FORMS[format](text)
}
