/**
 * Emergency keys: what was sealed with one is opened without any server, by several of its holders together and by no
 * fewer.
 */
@NullMarked
package org.securemed.card.emergency;

import org.jspecify.annotations.NullMarked;
