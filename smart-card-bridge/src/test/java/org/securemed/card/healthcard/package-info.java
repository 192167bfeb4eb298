@NullMarked
package org.securemed.card.healthcard;

import org.jspecify.annotations.NullMarked;
