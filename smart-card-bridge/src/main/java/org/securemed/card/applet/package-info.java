/**
 * SecureMed's own card: a small Java Card applet and the terminal's side of its protocol.
 *
 * <p>Meant for SELECT, GET DATA and INTERNAL AUTHENTICATE with P-256. Speaks through {@code apdu}; does not know
 * readers.
 */
@NullMarked
package org.securemed.card.applet;

import org.jspecify.annotations.NullMarked;
