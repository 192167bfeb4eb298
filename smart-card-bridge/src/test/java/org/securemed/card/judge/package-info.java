@NullMarked
package org.securemed.card.judge;

import org.jspecify.annotations.NullMarked;
