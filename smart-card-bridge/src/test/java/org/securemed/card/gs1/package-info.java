@NullMarked
package org.securemed.card.gs1;

import org.jspecify.annotations.NullMarked;
