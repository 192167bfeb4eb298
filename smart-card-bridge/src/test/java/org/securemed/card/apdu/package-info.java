@NullMarked
package org.securemed.card.apdu;

import org.jspecify.annotations.NullMarked;
