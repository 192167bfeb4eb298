@NullMarked
package org.securemed.card.reader.agent;

import org.jspecify.annotations.NullMarked;
