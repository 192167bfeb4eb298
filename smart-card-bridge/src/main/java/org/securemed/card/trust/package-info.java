/**
 * Whom the hospital believes: its CA, what the CA has revoked, and whether a card's proof holds against both.
 *
 * <p>Nothing is fetched from where a certificate says: a card names no address that is then asked.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5280">RFC 5280</a>
 */
@NullMarked
package org.securemed.card.trust;

import org.jspecify.annotations.NullMarked;
