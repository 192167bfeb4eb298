@NullMarked
package org.securemed.card.checkin;

import org.jspecify.annotations.NullMarked;
