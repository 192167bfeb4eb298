@NullMarked
package org.securemed.card.identify;

import org.jspecify.annotations.NullMarked;
