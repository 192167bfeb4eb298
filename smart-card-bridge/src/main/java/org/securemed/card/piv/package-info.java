/**
 * The PIV card application: which objects a card holds, and how it proves possession of its keys.
 *
 * <p>Reads the CHUID and the certificates of keys 9E and 9A, and has the card sign a fresh challenge by GENERAL
 * AUTHENTICATE; a copied CHUID is never taken for a card. Speaks through {@code apdu}; does not know readers.
 *
 * @see <a href="https://csrc.nist.gov/pubs/sp/800/73/pt1/5/final">NIST SP 800-73-5, part 1</a>
 */
@NullMarked
package org.securemed.card.piv;

import org.jspecify.annotations.NullMarked;
