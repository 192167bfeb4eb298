@NullMarked
package org.securemed.card.emergency;

import org.jspecify.annotations.NullMarked;
