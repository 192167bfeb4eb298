@NullMarked
package org.securemed.card.sealing;

import org.jspecify.annotations.NullMarked;
