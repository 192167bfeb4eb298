@NullMarked
package org.securemed.card.qr;

import org.jspecify.annotations.NullMarked;
