@NullMarked
package org.securemed.card.record;

import org.jspecify.annotations.NullMarked;
