@NullMarked
package org.securemed.card.trust;

import org.jspecify.annotations.NullMarked;
