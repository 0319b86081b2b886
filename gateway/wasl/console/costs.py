"""What something costs, in the words of a page."""

from decimal import Decimal

from babel.numbers import format_currency

from wasl.answers import CostSeen
from wasl.console.words import Words


def cost_told(cost: CostSeen, words: Words) -> str:
    """`2 parts, $0.08`: parts where it is an SMS, the price where one is known; empty where neither is."""
    told = [words.tn("{count} part", "{count} parts", cost.units)] if cost.encoding is not None else []
    if cost.amount is not None and cost.currency is not None:
        told.append(
            str(
                format_currency(
                    Decimal(cost.amount), cost.currency, locale=words.locale, numbering_system="latn", decimal_quantization=False
                )
            )
        )
    return words.comma.join(told)
